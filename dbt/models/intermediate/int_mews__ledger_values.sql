-- What each item and payment says should be in a ledger, and what the entries say: a row
-- for each item, day and ledger. Debit is positive, credit negative.
with expected as (

    select
        enterprise_id, accounting_date as posting_date, 'Revenue' as ledger_type,
        item_id, -net as value, is_valid
    from {{ ref('int_mews__items') }}
    union all
    select
        enterprise_id, accounting_date, 'Tax',
        item_id, net - gross, is_valid
    from {{ ref('int_mews__items') }}
    union all
    select
        payments.enterprise_id,
        {{ mews.local_date(
            'coalesce(payments.charged_utc, payments.consumed_utc)',
            'enterprises.time_zone_identifier'
        ) }},
        'Payment',
        payments.id,
        -payments.amount_gross_value,
        payments.accounting_state in ('Open', 'Closed')
    from {{ ref('stg_mews__payments') }} as payments
    inner join {{ ref('int_mews__enterprises') }} as enterprises
        on payments.enterprise_id = enterprises.enterprise_id
    -- An invoice is no payment yet: what is owed moves to the city ledger.
    where payments.type <> 'InvoicePayment'

),

posted as (

    select
        enterprise_id,
        posting_date,
        ledger_type,
        accounting_item_id as item_id,
        sum({{ mews.signed('value', 'ledger_entry_type') }}) as value
    from {{ ref('stg_mews__ledger_entries') }}
    where ledger_type in ('Revenue', 'Tax', 'Payment')
    group by enterprise_id, posting_date, ledger_type, accounting_item_id

),

last_posting as (

    select enterprise_id, max(posting_date) as last_date
    from {{ ref('stg_mews__ledger_entries') }}
    group by enterprise_id

),

-- An item that is to be consumed yet is not due.
due as (

    select expected.*
    from expected
    inner join last_posting on expected.enterprise_id = last_posting.enterprise_id
    where
        expected.is_valid
        and expected.value <> 0
        and expected.posting_date <= last_posting.last_date

)

select
    coalesce(due.enterprise_id, posted.enterprise_id) as enterprise_id,
    coalesce(due.posting_date, posted.posting_date) as posting_date,
    coalesce(due.ledger_type, posted.ledger_type) as ledger_type,
    coalesce(due.item_id, posted.item_id) as item_id,
    coalesce(due.value, 0) as item_value,
    coalesce(posted.value, 0) as entry_value,
    case
        when due.value = posted.value then 'agrees'
        when due.value is not null and posted.value is not null then 'other_amount'
        when due.value is not null and elsewhere.item_id is not null then 'other_day'
        when due.value is not null then 'not_posted'
        when items.item_id is null then 'unknown_item'
        when not items.is_valid then 'canceled_item'
        else 'other_day'
    end as difference
from due
full outer join posted
    on
        due.enterprise_id = posted.enterprise_id
        and due.posting_date = posted.posting_date
        and due.ledger_type = posted.ledger_type
        and due.item_id = posted.item_id
left join expected as items
    on posted.item_id = items.item_id and posted.ledger_type = items.ledger_type
left join (
    select distinct item_id, ledger_type from posted
) as elsewhere
    on due.item_id = elsewhere.item_id and due.ledger_type = elsewhere.ledger_type
