-- Generated from schemas/rule_actions.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('rule_actions', {
        'Id': 'text',
        'RuleId': 'text',
        'Data': 'json',
    }) }}

)

select
    id,
    rule_id,
    data,
    {{ mews.json_text('data', ['Discriminator']) }} as data_discriminator,
    {{ mews.json_text('data', ['Value', 'ActionType']) }} as data_value_action_type,
    {{ mews.json_text('data', ['Value', 'ProductId']) }} as data_value_product_id
from typed
