rule write_report:
    input:
        shards=ENDS,
    output:
        page=report(
            "report/index.html", caption="../report/batch.rst", category="Batch"
        ),
        summary="report/batch.json",
    log:
        "logs/report/batch.log",
    benchmark:
        "logs/benchmarks/report/batch.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
        disk_mb=1000,
    shell:
        "dsqc batch report . >/dev/null 2> {log}"
