-- Generated from schemas/resource_feature_assignments.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('resource_feature_assignments', {
        'Id': 'text',
        'IsActive': 'boolean',
        'ResourceId': 'text',
        'FeatureId': 'text',
        'CreatedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
    }) }}

)

select
    id,
    is_active,
    resource_id,
    feature_id,
    created_utc,
    updated_utc,
    coalesce(is_active = false, false) as is_deleted
from typed
