# Objects, catalog records and accessions, or a receipt that says why not. Registering again changes nothing,
# so the job may be repeated at any point.
rule register:
    input:
        verdict="results/{submission}/verdict.json",
        decision=get_decision,
    output:
        receipt=report(
            "results/{submission}/receipt.json",
            caption="../report/register.rst",
            category="Registration",
            labels={"Submission": "{submission}"},
        ),
    log:
        "logs/register/{submission}.log",
    benchmark:
        "logs/benchmarks/register/{submission}.tsv"
    retries: 2
    threads: 1
    resources:
        mem_mb=get_mem_mb(1000),
        runtime=get_runtime(240),
        disk_mb=1000,
        catalog_slots=1,
    params:
        station=get_option("station"),
    shell:
        "dsqc register results/{wildcards.submission} --inbox inbox/{wildcards.submission} {params.station}"
        " --exit-zero >/dev/null 2> {log}"
