{{ config(
    materialized='incremental', unique_key='order_item_id',
    incremental_strategy='delete+insert', on_schema_change='fail',
) }}

select
    items.id as order_item_id,
    items.enterprise_id,
    items.service_id,
    items.service_order_id,
    items.accounting_category_id,
    coalesce(items.data_product_product_id, items.data_rebate_product_id) as product_id,
    items.data_rebate_rebated_item_id as rebated_item_id,
    items.type,
    items.revenue_type,
    items.accounting_state,
    items.start_utc,
    items.consumed_utc,
    items.updated_utc,
    items.amount_currency as currency,
    coalesce(items.amount_net_value, 0) as net,
    coalesce(items.amount_gross_value, 0) as gross,
    items.amount
from {{ ref('stg_mews__order_items') }} as items
{% if is_incremental() %}
-- A property that has joined since is read from its beginning.
left join (
    select
        enterprise_id,
        max(updated_utc) - interval '{{ var('mews_lookback_days') }} days' as since
    from {{ this }}
    group by enterprise_id
) as known on items.enterprise_id = known.enterprise_id
where known.since is null or items.updated_utc is null or items.updated_utc >= known.since
{% endif %}
