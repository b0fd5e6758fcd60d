# Copies a submission into the inbox and proves every byte. The inbox is no output: what an interrupted copy
# has already proved must outlive the job.
rule transfer:
    input:
        plan="plan/{submission}.json",
    output:
        record=ensure("results/{submission}/transfer.json", non_empty=True),
    log:
        "logs/transfer/{submission}.log",
    benchmark:
        "logs/benchmarks/transfer/{submission}.tsv"
    retries: 2
    threads: 1
    resources:
        mem_mb=get_mem_mb(1000),
        runtime=get_runtime(240),
        disk_mb=1000,
        transfer_slots=1,
    params:
        source=get_source,
        station=get_option("station"),
    shell:
        "dsqc transfer {params.source:q} inbox/{wildcards.submission} --submission {wildcards.submission}"
        " -O results/{wildcards.submission} {params.station} --exit-zero >/dev/null 2> {log}"
