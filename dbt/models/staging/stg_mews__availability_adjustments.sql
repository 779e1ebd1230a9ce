-- Generated from schemas/availability_adjustments.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('availability_adjustments', {
        'Id': 'text',
        'AvailabilityBlockId': 'text',
        'ResourceCategoryId': 'text',
        'FirstTimeUnitStartUtc': 'timestamp',
        'LastTimeUnitStartUtc': 'timestamp',
        'UnitCount': 'integer',
        'ReleaseOverrideUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
        'IsActive': 'boolean',
        'PaxCounts': 'json',
        'FirstTimeUnitReleaseUtc': 'timestamp',
        'StartUtc': 'timestamp',
        'EndUtc': 'timestamp',
        'ActivityState': 'text',
    }) }}

)

select
    id,
    availability_block_id,
    resource_category_id,
    first_time_unit_start_utc,
    last_time_unit_start_utc,
    unit_count,
    release_override_utc,
    updated_utc,
    is_active,
    pax_counts,
    first_time_unit_release_utc,
    start_utc,
    end_utc,
    activity_state,
    coalesce(is_active = false, false) as is_deleted
from typed
