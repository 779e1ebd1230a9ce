-- Generated from schemas/loyalty_tiers.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('loyalty_tiers', {
        'Id': 'text',
        'LoyaltyProgramId': 'text',
        'Name': 'text',
        'Code': 'text',
        'Ordering': 'integer',
    }) }}

)

select
    id,
    loyalty_program_id,
    name,
    code,
    ordering
from typed
