-- What the identifiers in the marts are called.
select id, 'accounting_category' as kind, name from {{ ref('stg_mews__accounting_categories') }}
union all
select id, 'service', coalesce(translated_name, name) from {{ ref('stg_mews__services') }}
union all
select id, 'product', coalesce(translated_name, name) from {{ ref('stg_mews__products') }}
union all
select id, 'rate', coalesce(translated_name, name) from {{ ref('stg_mews__rates') }}
union all
select id, 'resource_category', translated_name from {{ ref('stg_mews__resource_categories') }}
union all
select id, 'source', name from {{ ref('stg_mews__sources') }}
union all
select id, 'business_segment', name from {{ ref('stg_mews__business_segments') }}
union all
select id, 'company', name from {{ ref('stg_mews__companies') }}
