-- Generated from schemas/tasks.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('tasks', {
        'Id': 'text',
        'EnterpriseId': 'text',
        'Name': 'text',
        'State': 'text',
        'Description': 'text',
        'DepartmentId': 'text',
        'ServiceOrderId': 'text',
        'CreatedUtc': 'timestamp',
        'DeadlineUtc': 'timestamp',
        'ClosedUtc': 'timestamp',
    }) }}

)

select
    id,
    enterprise_id,
    name,
    state,
    description,
    department_id,
    service_order_id,
    created_utc,
    deadline_utc,
    closed_utc
from typed
