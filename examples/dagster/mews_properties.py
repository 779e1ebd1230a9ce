"""Syncs many properties with Dagster and Meltano, each or each group in its own run.

The extractors of `properties.meltano.yml` are the partitions of one asset: Dagster
shows, runs and repeats each by itself, and one that fails does not hold up the others.
How many run at once is in `dagster.yaml`.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import yaml

PROJECT = Path(__file__).parent
LOADER = "target-postgres"
RETRIES = dg.RetryPolicy(max_retries=2, delay=60, backoff=dg.Backoff.EXPONENTIAL)

NOT_ENDED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def _extractors() -> list[str]:
    text = (PROJECT / "properties.meltano.yml").read_text("utf-8")
    return [each["name"] for each in yaml.safe_load(text)["plugins"]["extractors"]]


properties = dg.StaticPartitionsDefinition(_extractors())


@dg.asset(partitions_def=properties, pool="mews", retry_policy=RETRIES)
def mews(context: dg.AssetExecutionContext) -> None:
    """Tables of Mews: what a property has changed since its last run."""
    extractor = context.partition_key
    errors = []
    with subprocess.Popen(
        ["meltano", "--log-format=uncolored", "run", extractor, LOADER],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as run:
        try:
            for line in run.stdout or ():
                # Dagster keeps it as the log of the run
                sys.stdout.write(line)
                if "[error" in line:
                    errors.append(line)
        except BaseException as stop:
            # somebody has cancelled the run in Dagster, which would try it again
            run.terminate()
            stopped = f"{extractor} was stopped"
            raise dg.Failure(description=stopped, allow_retries=False) from stop
    if run.returncode:
        raise dg.Failure(description=f"{extractor} has failed:\n{''.join(errors)}")


sync_property = dg.define_asset_job("sync_property", selection=[mews])


@dg.schedule(job=sync_property, cron_schedule="0 * * * *")
def every_hour(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
    """Ask for a run of each property that has none which waits or goes on."""
    runs = context.instance.get_runs(dg.RunsFilter(statuses=NOT_ENDED))
    busy = {run.tags.get("dagster/partition") for run in runs}
    hour = context.scheduled_execution_time.isoformat()
    for extractor in properties.get_partition_keys():
        if extractor not in busy:
            yield dg.RunRequest(f"{extractor} {hour}", partition_key=extractor)


definitions = dg.Definitions(
    assets=[mews],
    jobs=[sync_property],
    schedules=[every_hour],
    # a run is one step: it needs no process of its own beside that of the run
    executor=dg.in_process_executor,
)
