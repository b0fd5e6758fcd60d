rule write_report:
    input:
        receipts=RECEIPTS,
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
        mem_mb=get_mem_mb(1000),
        runtime=get_runtime(60),
        disk_mb=1000,
    shell:
        "dsqc batch report . >/dev/null 2> {log}"
