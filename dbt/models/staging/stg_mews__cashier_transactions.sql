-- Generated from schemas/cashier_transactions.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('cashier_transactions', {
        'Id': 'text',
        'EnterpriseId': 'text',
        'CashierId': 'text',
        'PaymentId': 'text',
        'CreatedUtc': 'timestamp',
        'Number': 'text',
        'Notes': 'text',
        'Amount': 'json',
        'Type': 'text',
    }) }}

)

select
    id,
    enterprise_id,
    cashier_id,
    payment_id,
    created_utc,
    number,
    notes,
    amount,
    {{ mews.json_text('amount', ['Currency']) }} as amount_currency,
    {{ mews.json_decimal('amount', ['Value']) }} as amount_value,
    {{ mews.json_decimal('amount', ['Net']) }} as amount_net,
    {{ mews.json_decimal('amount', ['Tax']) }} as amount_tax,
    {{ mews.json_decimal('amount', ['TaxRate']) }} as amount_tax_rate,
    type
from typed
