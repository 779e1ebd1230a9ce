-- Generated from schemas/billing_automations.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('billing_automations', {
        'Id': 'text',
        'EnterpriseId': 'text',
        'Name': 'text',
        'Description': 'text',
        'CompaniesWithRelations': 'json',
        'Prepayment': 'text',
        'AssignmentTargetType': 'text',
        'TriggerType': 'text',
        'BillAggregationType': 'text',
        'CreatedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
        'CreatorProfileId': 'text',
        'UpdaterProfileId': 'text',
        'ProcessingStartOffset': 'text',
        'OrderItemConsumptionPeriod': 'text',
        'Assignments': 'json',
    }) }}

)

select
    id,
    enterprise_id,
    name,
    description,
    companies_with_relations,
    prepayment,
    assignment_target_type,
    trigger_type,
    bill_aggregation_type,
    created_utc,
    updated_utc,
    creator_profile_id,
    updater_profile_id,
    processing_start_offset,
    order_item_consumption_period,
    assignments
from typed
