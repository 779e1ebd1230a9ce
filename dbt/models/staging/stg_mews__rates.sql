-- Generated from schemas/rates.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('rates', {
        'Id': 'text',
        'GroupId': 'text',
        'ServiceId': 'text',
        'BaseRateId': 'text',
        'IsBaseRate': 'boolean',
        'BusinessSegmentId': 'text',
        'IsActive': 'boolean',
        'IsEnabled': 'boolean',
        'IsPublic': 'boolean',
        'IsDefault': 'boolean',
        'Type': 'text',
        'Names': 'json',
        'ShortName': 'text',
        'UpdatedUtc': 'timestamp',
        'ExternalNames': 'json',
        'Description': 'json',
        'ExternalIdentifier': 'text',
        'TaxExemptionReason': 'text',
        'TaxExemptionLegalReference': 'text',
        'Name': 'text',
    }) }}

)

select
    id,
    group_id,
    service_id,
    base_rate_id,
    is_base_rate,
    business_segment_id,
    is_active,
    is_enabled,
    is_public,
    is_default,
    type,
    names,
    {{ mews.translated('names') }} as translated_name,
    short_name,
    updated_utc,
    external_names,
    {{ mews.translated('external_names') }} as translated_external_name,
    description,
    {{ mews.translated('description') }} as translated_description,
    external_identifier,
    tax_exemption_reason,
    tax_exemption_legal_reference,
    name,
    coalesce(is_active = false, false) as is_deleted
from typed
