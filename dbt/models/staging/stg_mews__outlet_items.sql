-- Generated from schemas/outlet_items.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('outlet_items', {
        'Id': 'text',
        'EnterpriseId': 'text',
        'BillId': 'text',
        'AccountingCategoryId': 'text',
        'Type': 'text',
        'Name': 'text',
        'UnitCount': 'integer',
        'UnitAmount': 'json',
        'CreatedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
        'ConsumedUtc': 'timestamp',
        'ExternalIdentifier': 'text',
        'Notes': 'text',
        'PaymentCardPaymentId': 'text',
        'UnitCost': 'json',
    }) }}

)

select
    id,
    enterprise_id,
    bill_id,
    accounting_category_id,
    type,
    name,
    unit_count,
    unit_amount,
    {{ mews.json_text('unit_amount', ['Currency']) }} as unit_amount_currency,
    {{ mews.json_decimal('unit_amount', ['NetValue']) }} as unit_amount_net_value,
    {{ mews.json_decimal('unit_amount', ['GrossValue']) }} as unit_amount_gross_value,
    created_utc,
    updated_utc,
    consumed_utc,
    external_identifier,
    notes,
    payment_card_payment_id,
    unit_cost
from typed
