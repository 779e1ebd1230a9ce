-- Generated from schemas/service_availability.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('service_availability', {
        'ServiceId': 'text',
        'ResourceCategoryId': 'text',
        'TimeUnitStartUtc': 'timestamp',
        'OutOfOrderBlocks': 'integer',
        'PublicAvailabilityAdjustment': 'integer',
        'OtherServiceReservationCount': 'integer',
        'Occupied': 'integer',
        'ConfirmedReservations': 'integer',
        'OptionalReservations': 'integer',
        'BlockAvailability': 'integer',
        'AllocatedBlockAvailability': 'integer',
        'UsableResources': 'integer',
        'ActiveResources': 'integer',
        'HouseUse': 'integer',
    }) }}

)

select
    service_id,
    resource_category_id,
    time_unit_start_utc,
    out_of_order_blocks,
    public_availability_adjustment,
    other_service_reservation_count,
    occupied,
    confirmed_reservations,
    optional_reservations,
    block_availability,
    allocated_block_availability,
    usable_resources,
    active_resources,
    house_use
from typed
