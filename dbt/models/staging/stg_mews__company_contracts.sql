-- Generated from schemas/company_contracts.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('company_contracts', {
        'Id': 'text',
        'ServiceId': 'text',
        'CompanyId': 'text',
        'IsActive': 'boolean',
        'CommissionIncluded': 'boolean',
        'Commission': 'decimal',
        'ChannelManagerAbsoluteAdjustment': 'decimal',
        'ChannelManagerRelativeAdjustment': 'decimal',
        'Options': 'json',
        'AccountingCode': 'text',
        'InvoiceDueInterval': 'text',
        'ChannelManagerBusinessSegmentId': 'text',
        'ContactPerson': 'text',
        'ContactEmail': 'text',
        'AdditionalContactInfo': 'text',
        'Notes': 'text',
        'CreatedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
    }) }}

)

select
    id,
    service_id,
    company_id,
    is_active,
    commission_included,
    commission,
    channel_manager_absolute_adjustment,
    channel_manager_relative_adjustment,
    options,
    {{ mews.json_boolean('options', ['IncludeCancellationFeeInCommissionEstimate']) }} as options_include_cancellation_fee_in_commission_estimate,
    {{ mews.json_boolean('options', ['SkipAutomaticSettlement']) }} as options_skip_automatic_settlement,
    accounting_code,
    invoice_due_interval,
    channel_manager_business_segment_id,
    contact_person,
    contact_email,
    additional_contact_info,
    notes,
    created_utc,
    updated_utc,
    coalesce(is_active = false, false) as is_deleted
from typed
