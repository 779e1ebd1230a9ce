-- Generated from schemas/rate_pricing.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('rate_pricing', {
        'RateId': 'text',
        'CategoryId': 'text',
        'TimeUnitStartUtc': 'timestamp',
        'AmountPrice': 'json',
    }) }}

)

select
    rate_id,
    category_id,
    time_unit_start_utc,
    amount_price,
    {{ mews.json_text('amount_price', ['Currency']) }} as amount_price_currency,
    {{ mews.json_decimal('amount_price', ['NetValue']) }} as amount_price_net_value,
    {{ mews.json_decimal('amount_price', ['GrossValue']) }} as amount_price_gross_value
from typed
