-- Generated from schemas/reservation_groups.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('reservation_groups', {
        'Id': 'text',
        'Name': 'text',
        'ChannelManager': 'text',
        'ChannelManagerGroupNumber': 'text',
        'EnterpriseId': 'text',
    }) }}

)

select
    id,
    name,
    channel_manager,
    channel_manager_group_number,
    enterprise_id
from typed
