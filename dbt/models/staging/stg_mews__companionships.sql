-- Generated from schemas/companionships.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('companionships', {
        'Id': 'text',
        'CustomerId': 'text',
        'ReservationGroupId': 'text',
        'ReservationId': 'text',
        'ReservationGroupUpdatedUtc': 'timestamp',
    }) }}

)

select
    id,
    customer_id,
    reservation_group_id,
    reservation_id,
    reservation_group_updated_utc
from typed
