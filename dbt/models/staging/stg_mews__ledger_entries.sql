-- Generated from schemas/ledger_entries.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('ledger_entries', {
        'Id': 'text',
        'EnterpriseId': 'text',
        'TransactionId': 'text',
        'AccountId': 'text',
        'BillId': 'text',
        'AccountingCategoryId': 'text',
        'AccountingItemId': 'text',
        'AccountingItemType': 'text',
        'LedgerType': 'text',
        'LedgerEntryType': 'text',
        'PostingDate': 'date',
        'Value': 'decimal',
        'NetBaseValue': 'decimal',
        'TaxRateCode': 'text',
        'CreatedUtc': 'timestamp',
    }) }}

)

select
    id,
    enterprise_id,
    transaction_id,
    account_id,
    bill_id,
    accounting_category_id,
    accounting_item_id,
    accounting_item_type,
    ledger_type,
    ledger_entry_type,
    posting_date,
    value,
    net_base_value,
    tax_rate_code,
    created_utc
from typed
