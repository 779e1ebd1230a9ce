-- Generated from schemas/ledger_balances.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('ledger_balances', {
        'EnterpriseId': 'text',
        'Date': 'date',
        'LedgerType': 'text',
        'OpeningBalance': 'json',
        'ClosingBalance': 'json',
    }) }}

)

select
    enterprise_id,
    date,
    ledger_type,
    opening_balance,
    {{ mews.json_text('opening_balance', ['Currency']) }} as opening_balance_currency,
    {{ mews.json_decimal('opening_balance', ['NetValue']) }} as opening_balance_net_value,
    {{ mews.json_decimal('opening_balance', ['GrossValue']) }} as opening_balance_gross_value,
    closing_balance,
    {{ mews.json_text('closing_balance', ['Currency']) }} as closing_balance_currency,
    {{ mews.json_decimal('closing_balance', ['NetValue']) }} as closing_balance_net_value,
    {{ mews.json_decimal('closing_balance', ['GrossValue']) }} as closing_balance_gross_value
from typed
