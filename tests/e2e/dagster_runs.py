"""Says as JSON what Dagster knows; runs with the Python that Dagster is installed in.

    python dagster_runs.py [wait]

`wait` waits until no run is queued or goes on.
"""

import json
import sys
import time
from datetime import datetime, timezone

import dagster as dg
from mews_properties import NOT_ENDED, definitions, every_hour


def main() -> None:
    """Write the runs, and the properties for which the schedule asks for a run now."""
    with dg.DagsterInstance.get() as instance:
        if "wait" in sys.argv:
            while instance.get_runs(dg.RunsFilter(statuses=NOT_ENDED)):
                time.sleep(0.5)
        runs = [_run(instance, each) for each in instance.get_run_records()]
        with dg.build_schedule_context(
            instance=instance,
            repository_def=definitions.get_repository_def(),
            scheduled_execution_time=datetime.now(timezone.utc),
        ) as context:
            due = every_hour.evaluate_tick(context).run_requests or ()
        known = {"runs": runs, "due": [each.partition_key for each in due]}
        sys.stdout.write(json.dumps(known) + "\n")


def _run(instance: dg.DagsterInstance, record: dg.RunRecord) -> dict[str, object]:
    run = record.dagster_run
    kinds = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.STEP_UP_FOR_RETRY}
    events = instance.all_logs(run.run_id, of_type=kinds)
    return {
        "property": run.tags["dagster/partition"],
        "status": run.status.value,
        "started": record.start_time,
        "ended": record.end_time,
        "failures": [_error(each) for each in events],
    }


def _error(entry: dg.EventLogEntry) -> str:
    event = entry.get_dagster_event()
    found = event.step_failure_data if event.is_step_failure else event.step_retry_data
    return found.error.to_string() if found.error else ""


if __name__ == "__main__":
    main()
