-- Generated from schemas/customer_relationships.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('customer_relationships', {
        'CustomerId': 'text',
        'RelatedCustomerId': 'text',
        'Relationship': 'text',
        'UpdatedUtc': 'timestamp',
    }) }}

)

select
    customer_id,
    related_customer_id,
    relationship,
    updated_utc
from typed
