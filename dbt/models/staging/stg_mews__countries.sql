-- Generated from schemas/countries.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('countries', {
        'Code': 'text',
        'SovereignCountryCode': 'text',
        'EnglishName': 'text',
    }) }}

)

select
    code,
    sovereign_country_code,
    english_name
from typed
