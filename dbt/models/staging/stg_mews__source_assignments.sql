-- Generated from schemas/source_assignments.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('source_assignments', {
        'Id': 'text',
        'ReservationId': 'text',
        'SourceId': 'text',
        'IsPrimary': 'boolean',
        'UpdatedUtc': 'timestamp',
    }) }}

)

select
    id,
    reservation_id,
    source_id,
    is_primary,
    updated_utc
from typed
