# The results of its submissions are no outputs of a shard: what a killed one has finished must outlive it.
rule run_shard:
    input:
        plan="shards/{shard}.json",
        earlier=get_earlier,
    output:
        end=ensure("shards/{shard}.end.json", non_empty=True),
    log:
        "logs/shards/{shard}.log",
    benchmark:
        "logs/benchmarks/shards/{shard}.tsv"
    retries: config["attempts"] - 1
    threads: get_threads
    resources:
        mem_mb=get_growing("mem_mb"),
        runtime=get_growing("runtime_minutes"),
        disk_mb=get_growing("scratch_mb"),
        attempt=get_attempt,
        # No parameters: another profile in the middle of a batch does not start finished shards again.
        attempts=config["attempts"],
        transfers=config["transfer_slots"],
    params:
        options=get_options(),
    shell:
        "dsqc batch shard {wildcards.shard} --work . -@ {threads} --memory {resources.mem_mb}"
        " --attempt {resources.attempt} --attempts {resources.attempts} --transfer-slots {resources.transfers}"
        " {params.options} 2> {log}"
