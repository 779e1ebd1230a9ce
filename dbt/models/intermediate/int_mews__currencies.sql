with counted as (

    select
        enterprise_id,
        currency,
        row_number() over (
            partition by enterprise_id order by count(*) desc, currency
        ) as place
    from {{ ref('int_mews__items') }}
    where is_valid and currency is not null
    group by enterprise_id, currency

)

select
    enterprises.enterprise_id,
    -- XXX is the code of ISO 4217 for no currency.
    coalesce(counted.currency, 'XXX') as main_currency
from {{ ref('int_mews__enterprises') }} as enterprises
left join counted
    on enterprises.enterprise_id = counted.enterprise_id and counted.place = 1
