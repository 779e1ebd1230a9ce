-- Generated from schemas/service_order_notes.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('service_order_notes', {
        'Id': 'text',
        'OrderId': 'text',
        'Text': 'text',
        'Type': 'text',
        'CreatedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
    }) }}

)

select
    id,
    order_id,
    text,
    type,
    created_utc,
    updated_utc
from typed
