-- Generated from schemas/rate_group_cancellation_policies.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('rate_group_cancellation_policies', {
        'Id': 'text',
        'RateGroupId': 'text',
        'CreatedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
        'Applicability': 'text',
        'FeeExtent': 'json',
        'ApplicabilityOffset': 'text',
        'FeeMaximumTimeUnits': 'integer',
        'AbsoluteFee': 'json',
        'RelativeFee': 'decimal',
        'IsActive': 'boolean',
    }) }}

)

select
    id,
    rate_group_id,
    created_utc,
    updated_utc,
    applicability,
    fee_extent,
    applicability_offset,
    fee_maximum_time_units,
    absolute_fee,
    {{ mews.json_text('absolute_fee', ['Currency']) }} as absolute_fee_currency,
    {{ mews.json_decimal('absolute_fee', ['Value']) }} as absolute_fee_value,
    relative_fee,
    is_active,
    coalesce(is_active = false, false) as is_deleted
from typed
