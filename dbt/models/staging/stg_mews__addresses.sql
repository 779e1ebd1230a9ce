-- Generated from schemas/addresses.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('addresses', {
        'Id': 'text',
        'AccountId': 'text',
        'ChainId': 'text',
        'AccountType': 'text',
        'Line1': 'text',
        'Line2': 'text',
        'City': 'text',
        'PostalCode': 'text',
        'CountryCode': 'text',
        'CountrySubdivisionCode': 'text',
        'Latitude': 'decimal',
        'Longitude': 'decimal',
        'UpdatedUtc': 'timestamp',
        'IsActive': 'boolean',
    }) }}

)

select
    id,
    account_id,
    chain_id,
    account_type,
    line1,
    line2,
    city,
    postal_code,
    country_code,
    country_subdivision_code,
    latitude,
    longitude,
    updated_utc,
    is_active,
    coalesce(is_active = false, false) as is_deleted
from typed
