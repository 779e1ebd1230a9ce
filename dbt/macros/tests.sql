{# Several columns in one test: a query each would be most of the time of a build. #}

{# Columns that name a row, none of them null. #}
{% test mews_primary_key(model, columns) %}
select {{ columns | join(', ') }}, count(*) as rows_there
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1 or {{ columns | join(' is null or ') }} is null
{% endtest %}

{# Columns that name a row together; nulls count as equal. #}
{% test mews_unique_together(model, columns) %}
select {{ columns | join(', ') }}, count(*) as rows_there
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}

{# Columns that hold something in every row. #}
{% test mews_not_null(model, columns) %}
select {{ columns | join(', ') }}
from {{ model }}
where {{ columns | join(' is null or ') }} is null
{% endtest %}

{# Numbers that cannot be less than nothing. #}
{% test mews_not_negative(model, columns) %}
select {{ columns | join(', ') }}
from {{ model }}
where {{ columns | join(' < 0 or ') }} < 0
{% endtest %}
