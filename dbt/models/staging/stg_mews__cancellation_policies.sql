-- Generated from schemas/cancellation_policies.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('cancellation_policies', {
        'Id': 'text',
        'EnterpriseId': 'text',
        'CreatedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
        'IsActive': 'boolean',
        'Applicability': 'text',
        'FeeExtents': 'json',
        'ApplicabilityOffset': 'text',
        'FeeMaximumTimeUnits': 'integer',
        'AbsoluteFee': 'json',
        'RelativeFee': 'decimal',
        'Name': 'text',
        'ExternalIdentifier': 'text',
        'IsPortfolioManaged': 'boolean',
    }) }}

)

select
    id,
    enterprise_id,
    created_utc,
    updated_utc,
    is_active,
    applicability,
    fee_extents,
    applicability_offset,
    fee_maximum_time_units,
    absolute_fee,
    {{ mews.json_text('absolute_fee', ['Currency']) }} as absolute_fee_currency,
    {{ mews.json_decimal('absolute_fee', ['Value']) }} as absolute_fee_value,
    relative_fee,
    name,
    external_identifier,
    is_portfolio_managed,
    coalesce(is_active = false, false) as is_deleted
from typed
