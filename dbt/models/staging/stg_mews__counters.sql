-- Generated from schemas/counters.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('counters', {
        'Id': 'text',
        'EnterpriseId': 'text',
        'Name': 'text',
        'IsDefault': 'boolean',
        'Value': 'integer',
        'Format': 'text',
        'Type': 'text',
        'CreatedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
    }) }}

)

select
    id,
    enterprise_id,
    name,
    is_default,
    value,
    format,
    type,
    created_utc,
    updated_utc
from typed
