-- Generated from schemas/payment_policy_assignments.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('payment_policy_assignments', {
        'Id': 'text',
        'EnterpriseId': 'text',
        'PaymentPolicyId': 'text',
        'RateGroupId': 'text',
        'RateId': 'text',
        'CreatedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
        'IsActive': 'boolean',
    }) }}

)

select
    id,
    enterprise_id,
    payment_policy_id,
    rate_group_id,
    rate_id,
    created_utc,
    updated_utc,
    is_active,
    coalesce(is_active = false, false) as is_deleted
from typed
