-- Generated from schemas/reservation_channel_details.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('reservation_channel_details', {
        'ReservationId': 'text',
        'RequestedRateCode': 'text',
        'ChannelManagerName': 'text',
        'ChannelNumber': 'text',
        'ChannelManagerGroupNumber': 'text',
        'ChannelManagerNumber': 'text',
        'CreatedUtc': 'timestamp',
    }) }}

)

select
    reservation_id,
    requested_rate_code,
    channel_manager_name,
    channel_number,
    channel_manager_group_number,
    channel_manager_number,
    created_utc
from typed
