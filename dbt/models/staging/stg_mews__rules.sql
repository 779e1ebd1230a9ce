-- Generated from schemas/rules.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('rules', {
        'Id': 'text',
        'ServiceId': 'text',
        'Conditions': 'json',
        'CreatedUtc': 'timestamp',
        'UpdatedUtc': 'timestamp',
    }) }}

)

select
    id,
    service_id,
    conditions,
    {{ mews.json_text('conditions', ['RateId', 'Value']) }} as conditions_rate_id_value,
    {{ mews.json_text('conditions', ['RateId', 'ConditionType']) }} as conditions_rate_id_condition_type,
    {{ mews.json_text('conditions', ['RateGroupId', 'Value']) }} as conditions_rate_group_id_value,
    {{ mews.json_text('conditions', ['RateGroupId', 'ConditionType']) }} as conditions_rate_group_id_condition_type,
    {{ mews.json_text('conditions', ['BusinessSegmentId', 'Value']) }} as conditions_business_segment_id_value,
    {{ mews.json_text('conditions', ['BusinessSegmentId', 'ConditionType']) }} as conditions_business_segment_id_condition_type,
    {{ mews.json_text('conditions', ['ResourceCategoryId', 'Value']) }} as conditions_resource_category_id_value,
    {{ mews.json_text('conditions', ['ResourceCategoryId', 'ConditionType']) }} as conditions_resource_category_id_condition_type,
    {{ mews.json_text('conditions', ['ResourceCategoryType', 'Value']) }} as conditions_resource_category_type_value,
    {{ mews.json_text('conditions', ['ResourceCategoryType', 'ConditionType']) }} as conditions_resource_category_type_condition_type,
    {{ mews.json_text('conditions', ['Origin', 'Value']) }} as conditions_origin_value,
    {{ mews.json_text('conditions', ['Origin', 'ConditionType']) }} as conditions_origin_condition_type,
    {{ mews.json_text('conditions', ['TravelAgencyId', 'Value']) }} as conditions_travel_agency_id_value,
    {{ mews.json_text('conditions', ['TravelAgencyId', 'ConditionType']) }} as conditions_travel_agency_id_condition_type,
    {{ mews.json_integer('conditions', ['MinimumTimeUnitCount']) }} as conditions_minimum_time_unit_count,
    {{ mews.json_integer('conditions', ['MaximumTimeUnitCount']) }} as conditions_maximum_time_unit_count,
    created_utc,
    updated_utc
from typed
