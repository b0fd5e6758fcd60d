# One job a run: every data file of the run is read once, whole. The first job on a node compiles the kernels; jobs that
# start together wait for it.
rule qc:
    input:
        submission="results/{submission}/submission.json",
        transfer="results/{submission}/transfer.json",
    output:
        record=report(
            "results/{submission}/runs/{run}/qc.json",
            caption="../report/qc.rst",
            category="Quality",
            labels={"Submission": "{submission}", "Run": "{run}"},
        ),
        findings="results/{submission}/runs/{run}/findings.jsonl",
    log:
        "logs/qc/{submission}/{run}.log",
    benchmark:
        "logs/benchmarks/qc/{submission}/{run}.tsv"
    threads: 2
    resources:
        mem_mb=get_mem_mb(2000),
        runtime=get_runtime(480),
        disk_mb=1000,
    params:
        station=get_option("station"),
    shell:
        "dsqc warmup --quiet 2> {log} &&"
        " dsqc qc --submission {input.submission} --run {wildcards.run} --inbox inbox/{wildcards.submission}"
        " -O results/{wildcards.submission}/runs/{wildcards.run} -@ {threads} {params.station} --exit-zero"
        " >/dev/null 2>> {log}"
