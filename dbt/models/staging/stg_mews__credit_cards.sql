-- Generated from schemas/credit_cards.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('credit_cards', {
        'Id': 'text',
        'EnterpriseId': 'text',
        'CustomerId': 'text',
        'IsActive': 'boolean',
        'State': 'text',
        'Kind': 'text',
        'Format': 'text',
        'Type': 'text',
        'ObfuscatedNumber': 'text',
        'Expiration': 'text',
        'CreatedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
    }) }}

)

select
    id,
    enterprise_id,
    customer_id,
    is_active,
    state,
    kind,
    format,
    type,
    obfuscated_number,
    expiration,
    created_utc,
    updated_utc,
    coalesce(is_active = false, false) as is_deleted
from typed
