# Where a submitter's receipt came along, some of the runs are measured here, to see whether it is true: hence the
# memory and the time of a measurement.
rule validate:
    input:
        transfer="results/{submission}/transfer.json",
    output:
        record=report(
            "results/{submission}/validate.json",
            caption="../report/validate.rst",
            category="Validation",
            labels={"Submission": "{submission}"},
        ),
        findings="results/{submission}/validate.findings.jsonl",
        submission=ensure("results/{submission}/submission.json", non_empty=True),
        profile=ensure("results/{submission}/profile.json", non_empty=True),
        page=report(
            "results/{submission}/profile.html",
            caption="../report/profile.rst",
            category="Validation",
            labels={"Submission": "{submission}"},
        ),
    log:
        "logs/validate/{submission}.log",
    benchmark:
        "logs/benchmarks/validate/{submission}.tsv"
    threads: 1
    resources:
        mem_mb=get_mem_mb(2000),
        runtime=get_runtime(480),
        disk_mb=1000,
    params:
        station=get_option("station"),
        today=get_option("today"),
    shell:
        "dsqc validate inbox/{wildcards.submission} --transfer {input.transfer}"
        " -O results/{wildcards.submission} {params.station} {params.today} --exit-zero >/dev/null 2> {log}"
