-- Generated from schemas/reservation_group_source_assignments.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('reservation_group_source_assignments', {
        'Id': 'text',
        'ReservationGroupId': 'text',
        'SourceId': 'text',
        'IsPrimary': 'boolean',
    }) }}

)

select
    id,
    reservation_group_id,
    source_id,
    is_primary
from typed
