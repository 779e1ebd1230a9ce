{# Columns that name a row only together. Nulls count as equal. #}
{% test mews_unique_together(model, columns) %}
select {{ columns | join(', ') }}, count(*) as rows_there
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}

{# A number that cannot be less than nothing. #}
{% test mews_not_negative(model, column_name) %}
select {{ column_name }}
from {{ model }}
where {{ column_name }} < 0
{% endtest %}
