-- Generated from schemas/country_subdivisions.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('country_subdivisions', {
        'Code': 'text',
        'CountryCode': 'text',
        'EnglishName': 'text',
    }) }}

)

select
    code,
    country_code,
    english_name
from typed
