{# The rows of a stream, with typed columns in snake case. A property that the table
   lacks is null, and a stream without a table, for it is not selected, has no rows.
   `declared` says whether sources.yml knows it. #}
{% macro typed_columns(stream, types, declared=true) %}
    {%- set relation = none -%}
    {%- set there = [] -%}
    {%- if execute -%}
        {%- set relation = adapter.get_relation(
            var('mews_database', target.database), var('mews_schema'), stream
        ) -%}
        {%- if relation -%}
            {%- for column in adapter.get_columns_in_relation(relation) -%}
                {%- do there.append(column.name | lower) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
    select
    {%- for name, type in types.items() %}
        {% if name | lower in there -%}
            {{ mews.typed('"' ~ name ~ '"', type) }}
        {%- else -%}
            {{ mews.typed('null', type) }}
        {%- endif %} as "{{ mews.snake_case(name) }}"{{ ',' if not loop.last }}
    {%- endfor %}
    {% if declared -%}{%- set declared_source = source('mews', stream) -%}{%- endif -%}
    {% if relation -%}
    from {{ relation }}
    {%- else -%}
    where false
    {%- endif %}
{% endmacro %}

{% macro snake_case(name) %}
    {%- set words = modules.re.sub(
        '([a-z0-9])([A-Z])|([A-Z])(?=[A-Z][a-z])', '\\1\\3_\\2', name
    ) -%}
    {{- words | lower -}}
{% endmacro %}

{# A value with the type of a column; `decimal` holds all digits that Mews sends. #}
{% macro typed(value, type) %}
    {%- if type == 'date' -%}
        {#- Some days come with a midnight behind them. -#}
        cast(left(cast({{ value }} as {{ dbt.type_string() }}), 10) as date)
    {%- elif type == 'json' and value != 'null' -%}
        {{ mews.as_json(value) }}
    {%- else -%}
        cast({{ value }} as {{ mews.type_name(type) }})
    {%- endif -%}
{% endmacro %}

{# target-postgres stores lists as arrays of PostgreSQL, not as JSON. #}
{% macro as_json(value) %}
    {{- return(adapter.dispatch('as_json', 'mews')(value)) -}}
{% endmacro %}

{% macro default__as_json(value) %}
    {{- return("to_jsonb(" ~ value ~ ")") -}}
{% endmacro %}

{% macro duckdb__as_json(value) %}
    {{- return("cast(" ~ value ~ " as json)") -}}
{% endmacro %}

{% macro type_name(type) %}
    {{- return(adapter.dispatch('type_name', 'mews')(type)) -}}
{% endmacro %}

{% macro default__type_name(type) %}
    {%- set names = {
        'text': 'text', 'integer': 'bigint', 'decimal': 'numeric(38, 9)',
        'boolean': 'boolean', 'timestamp': 'timestamp', 'date': 'date', 'json': 'jsonb',
    } -%}
    {{- return(names[type]) -}}
{% endmacro %}

{% macro duckdb__type_name(type) %}
    {{- return('json' if type == 'json' else mews.default__type_name(type)) -}}
{% endmacro %}
