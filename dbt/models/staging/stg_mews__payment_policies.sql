-- Generated from schemas/payment_policies.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('payment_policies', {
        'Id': 'text',
        'EnterpriseId': 'text',
        'CreatedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
        'SettlementAction': 'text',
        'SettlementTrigger': 'text',
        'SettlementType': 'text',
        'SettlementOffset': 'text',
        'RelativeValue': 'decimal',
        'AbsoluteValue': 'json',
        'IsActive': 'boolean',
        'Name': 'text',
    }) }}

)

select
    id,
    enterprise_id,
    created_utc,
    updated_utc,
    settlement_action,
    settlement_trigger,
    settlement_type,
    settlement_offset,
    relative_value,
    absolute_value,
    {{ mews.json_text('absolute_value', ['Currency']) }} as absolute_value_currency,
    {{ mews.json_decimal('absolute_value', ['Value']) }} as absolute_value_value,
    is_active,
    name,
    coalesce(is_active = false, false) as is_deleted
from typed
