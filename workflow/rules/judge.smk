rule judge:
    input:
        transfer="results/{submission}/transfer.json",
        validate="results/{submission}/validate.json",
        findings="results/{submission}/validate.findings.jsonl",
        submission="results/{submission}/submission.json",
        measured=get_measured,
        run_findings=get_run_findings,
    output:
        verdict=ensure("results/{submission}/verdict.json", non_empty=True),
    log:
        "logs/judge/{submission}.log",
    benchmark:
        "logs/benchmarks/judge/{submission}.tsv"
    threads: 1
    resources:
        mem_mb=get_mem_mb(1000),
        runtime=get_runtime(30),
        disk_mb=1000,
    params:
        goals=get_option("goals"),
        station=get_option("station"),
    shell:
        "dsqc judge results/{wildcards.submission} {params.goals} {params.station} --exit-zero >/dev/null 2> {log}"
