-- Generated from schemas/services.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('services', {
        'Id': 'text',
        'EnterpriseId': 'text',
        'IsActive': 'boolean',
        'Names': 'json',
        'Options': 'json',
        'Ordering': 'integer',
        'Data': 'json',
        'ExternalIdentifier': 'text',
        'CreatedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
        'Name': 'text',
        'StartTime': 'text',
        'EndTime': 'text',
        'Promotions': 'json',
        'Type': 'text',
    }) }}

)

select
    id,
    enterprise_id,
    is_active,
    names,
    {{ mews.translated('names') }} as translated_name,
    options,
    {{ mews.json_boolean('options', ['BillAsPackage']) }} as options_bill_as_package,
    ordering,
    data,
    {{ mews.json_text('data', ['Discriminator']) }} as data_discriminator,
    external_identifier,
    created_utc,
    updated_utc,
    name,
    start_time,
    end_time,
    promotions,
    type,
    coalesce(is_active = false, false) as is_deleted
from typed
