-- Generated from schemas/vouchers.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('vouchers', {
        'Id': 'text',
        'ServiceId': 'text',
        'EnterpriseId': 'text',
        'Name': 'text',
        'CreatedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
        'Type': 'text',
        'CompanyId': 'text',
        'TravelAgencyId': 'text',
        'OccupiableIntervalStartUtc': 'timestamp',
        'OccupiableIntervalEndUtc': 'timestamp',
        'ExternalIdentifier': 'text',
        'IsActive': 'boolean',
        'ActivityState': 'text',
    }) }}

)

select
    id,
    service_id,
    enterprise_id,
    name,
    created_utc,
    updated_utc,
    type,
    company_id,
    travel_agency_id,
    occupiable_interval_start_utc,
    occupiable_interval_end_utc,
    external_identifier,
    is_active,
    activity_state,
    coalesce(is_active = false, false) as is_deleted
from typed
