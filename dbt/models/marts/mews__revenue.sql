with entries as (

    select
        items.item_id,
        entry.place,
        {{ mews.json_text('entry.entry', ['TaxRateCode']) }} as tax_rate_code,
        coalesce({{ mews.json_decimal('entry.entry', ['NetValue']) }}, 0) as net,
        coalesce({{ mews.json_decimal('entry.entry', ['TaxValue']) }}, 0) as tax
    from {{ ref('int_mews__items') }} as items
    cross join {{ mews.json_entries('items.amount', ['Breakdown', 'Items'], 'entry') }}
    where items.is_valid

),

-- A breakdown that does not add up to its item, as with two taxes on one net value, gives
-- the difference to its first entry: nothing is lost and nothing counts twice.
sums as (

    select item_id, sum(net) as net, sum(tax) as tax
    from entries
    group by item_id

),

parts as (

    select
        items.*,
        entries.tax_rate_code,
        coalesce(
            entries.net + case when entries.place = 1 then items.net - sums.net else 0 end,
            items.net
        ) as part_net,
        coalesce(
            entries.tax
            + case
                when entries.place = 1 then items.gross - items.net - sums.tax else 0
            end,
            items.gross - items.net
        ) as part_tax
    from {{ ref('int_mews__items') }} as items
    left join entries on items.item_id = entries.item_id
    left join sums on items.item_id = sums.item_id
    where items.is_valid

)

select
    parts.enterprise_id,
    parts.business_date,
    parts.currency,
    parts.revenue_class,
    parts.accounting_category_id,
    categories.name as accounting_category_name,
    parts.classification,
    parts.service_id,
    services.name as service_name,
    parts.product_id,
    products.name as product_name,
    parts.type as item_type,
    parts.tax_rate_code,
    count(distinct parts.item_id) as items,
    sum(parts.part_net) as net,
    sum(parts.part_tax) as tax,
    sum(parts.part_net + parts.part_tax) as gross
from parts
left join {{ ref('int_mews__names') }} as categories
    on
        parts.accounting_category_id = categories.id
        and categories.kind = 'accounting_category'
left join {{ ref('int_mews__names') }} as services
    on parts.service_id = services.id and services.kind = 'service'
left join {{ ref('int_mews__names') }} as products
    on parts.product_id = products.id and products.kind = 'product'
group by
    parts.enterprise_id, parts.business_date, parts.currency, parts.revenue_class,
    parts.accounting_category_id, categories.name, parts.classification,
    parts.service_id, services.name, parts.product_id, products.name, parts.type,
    parts.tax_rate_code
