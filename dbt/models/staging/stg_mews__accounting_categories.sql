-- Generated from schemas/accounting_categories.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('accounting_categories', {
        'Id': 'text',
        'EnterpriseId': 'text',
        'IsActive': 'boolean',
        'Name': 'text',
        'Code': 'text',
        'ExternalCode': 'text',
        'LedgerAccountCode': 'text',
        'PostingAccountCode': 'text',
        'CostCenterCode': 'text',
        'Classification': 'text',
        'CreatedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
    }) }}

)

select
    id,
    enterprise_id,
    is_active,
    name,
    code,
    external_code,
    ledger_account_code,
    posting_account_code,
    cost_center_code,
    classification,
    created_utc,
    updated_utc,
    coalesce(is_active = false, false) as is_deleted
from typed
