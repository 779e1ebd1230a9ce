-- Generated from schemas/outlet_bills.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('outlet_bills', {
        'Id': 'text',
        'EnterpriseId': 'text',
        'OutletId': 'text',
        'Number': 'text',
        'ClosedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
        'Notes': 'text',
    }) }}

)

select
    id,
    enterprise_id,
    outlet_id,
    number,
    closed_utc,
    updated_utc,
    notes
from typed
