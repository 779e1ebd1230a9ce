with balances as (

    {{ mews.typed_columns('ledger_balances', {
        'EnterpriseId': 'text',
        'Date': 'date',
        'LedgerType': 'text',
        'OpeningBalance': 'json',
        'ClosingBalance': 'json',
    }, declared=false) }}

),

balance_days as (

    select
        enterprise_id,
        date as posting_date,
        ledger_type,
        {{ mews.json_decimal('opening_balance', ['GrossValue']) }} as opening_balance,
        {{ mews.json_decimal('closing_balance', ['GrossValue']) }} as closing_balance
    from balances

),

entries as (

    select
        enterprise_id,
        posting_date,
        ledger_type,
        count(*) as entries,
        sum(case when ledger_entry_type = 'Debit' then value else 0 end) as debit,
        sum(case when ledger_entry_type = 'Credit' then value else 0 end) as credit
    from {{ ref('stg_mews__ledger_entries') }}
    group by enterprise_id, posting_date, ledger_type

),

items as (

    select
        enterprise_id,
        posting_date,
        ledger_type,
        sum(item_value) as items_value,
        {% for name in [
            'not_posted', 'other_amount', 'other_day', 'canceled_item', 'unknown_item',
        ] -%}
        sum(case when difference = '{{ name }}' then entry_value - item_value else 0 end)
            as {{ name }}_value{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_mews__ledger_values') }}
    group by enterprise_id, posting_date, ledger_type

),

days as (

    select enterprise_id, posting_date, ledger_type from entries
    union
    select enterprise_id, posting_date, ledger_type from items
    union
    select enterprise_id, posting_date, ledger_type from balance_days

),

compared as (

    select
        days.enterprise_id,
        days.posting_date,
        days.ledger_type,
        coalesce(entries.entries, 0) as entries,
        coalesce(entries.debit, 0) as debit,
        coalesce(entries.credit, 0) as credit,
        coalesce(entries.debit, 0) - coalesce(entries.credit, 0) as entries_value,
        coalesce(sum(entries.debit - entries.credit) over (
            partition by days.enterprise_id, days.posting_date
        ), 0) as ledgers_together,
        items.items_value,
        coalesce(entries.debit, 0) - coalesce(entries.credit, 0) - items.items_value
            as difference_to_items,
        items.not_posted_value,
        items.other_amount_value,
        items.other_day_value,
        items.canceled_item_value,
        items.unknown_item_value,
        balance_days.opening_balance,
        balance_days.closing_balance,
        coalesce(entries.debit, 0) - coalesce(entries.credit, 0)
        - (balance_days.closing_balance - balance_days.opening_balance)
            as difference_to_balances
    from days
    left join entries
        on
            days.enterprise_id = entries.enterprise_id
            and days.posting_date = entries.posting_date
            and days.ledger_type = entries.ledger_type
    left join items
        on
            days.enterprise_id = items.enterprise_id
            and days.posting_date = items.posting_date
            and days.ledger_type = items.ledger_type
    left join balance_days
        on
            days.enterprise_id = balance_days.enterprise_id
            and days.posting_date = balance_days.posting_date
            and days.ledger_type = balance_days.ledger_type

)

select
    *,
    case
        when ledgers_together <> 0 then 'out of balance'
        when difference_to_balances <> 0 then 'differs from balances'
        when
            difference_to_items = 0
            and not_posted_value = 0 and other_amount_value = 0 and other_day_value = 0
            and canceled_item_value = 0 and unknown_item_value = 0
            then 'agrees'
        when difference_to_items is not null then 'differs from items'
        when difference_to_balances = 0 then 'agrees'
        else 'not compared'
    end as outcome
from compared
