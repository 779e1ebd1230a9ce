-- Generated from schemas/languages.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('languages', {
        'Code': 'text',
        'FallbackLanguageCode': 'text',
        'EnglishName': 'text',
        'LocalName': 'text',
    }) }}

)

select
    code,
    fallback_language_code,
    english_name,
    local_name
from typed
