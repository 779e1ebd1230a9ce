-- Generated from schemas/payout_transactions.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('payout_transactions', {
        'Id': 'text',
        'PayoutId': 'text',
        'Type': 'text',
        'Amount': 'json',
        'PaymentId': 'text',
        'InvoiceReferences': 'json',
        'CreatedUtc': 'timestamp',
    }) }}

)

select
    id,
    payout_id,
    type,
    amount,
    {{ mews.json_text('amount', ['Currency']) }} as amount_currency,
    {{ mews.json_decimal('amount', ['Value']) }} as amount_value,
    payment_id,
    invoice_references,
    created_utc
from typed
