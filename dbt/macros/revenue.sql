{# What revenue an item is, after the departments of the Uniform System of Accounts for
   the Lodging Industry (USALI): rooms, food_and_beverage, other_operated, miscellaneous,
   or not_revenue. What Mews says by the type of an item goes first, then what the
   property says by the accounting category.

   - City tax, tax corrections and deposits are collected for others or owed: no revenue.
   - Nights, rebates on nights, upgrades and no-show fees are rooms revenue (USALI,
     Schedule 1); other cancellation fees are miscellaneous income (Schedule 4). #}
{% macro revenue_class(item) %}
case
    when {{ item }}.type in ('Deposit', 'CityTax', 'CityTaxDiscount', 'TaxCorrection')
        then 'not_revenue'
    when {{ item }}.type in ('SpaceOrder', 'NightRebate', 'ResourceUpgradeFee')
        then case when {{ item }}.is_room then 'rooms' else 'other_operated' end
    when {{ item }}.type = 'CancellationFee'
        then case
            when {{ item }}.cancellation_reason = 'NoShow' then 'rooms' else 'miscellaneous'
        end
    when {{ item }}.type in ('ExchangeRateDifference', 'MulticurrencyFee')
        then 'miscellaneous'
    when {{ item }}.classification = 'Accommodation' then 'rooms'
    when {{ item }}.classification = 'FoodAndBeverage' then 'food_and_beverage'
    when {{ item }}.classification in ('Taxes', 'Payments') then 'not_revenue'
    when {{ item }}.classification = 'SundryIncome' then 'miscellaneous'
    when {{ item }}.classification is not null then 'other_operated'
    when {{ item }}.revenue_type = 'Additional' then 'miscellaneous'
    else 'other_operated'
end
{%- endmacro %}

{# The value of an entry in a ledger: debit adds, credit takes away. #}
{% macro signed(value, side) %}
case when {{ side }} = 'Debit' then {{ value }} else -{{ value }} end
{%- endmacro %}

{# A ratio; null where there is nothing to divide by. #}
{% macro ratio(dividend, divisor) %}
{{ dividend }} / nullif(cast({{ divisor }} as {{ mews.type_name('decimal') }}), 0)
{%- endmacro %}

{# What only sums and ratios of a day are made of, for both tables of KPIs. #}
{% macro kpi_ratios() %}
    cast({{ mews.ratio('1.0 * rooms_sold', 'rooms_available') }} as {{ mews.type_name('decimal') }}) as occupancy,
    cast({{ mews.ratio('room_revenue_net', 'rooms_sold') }} as {{ mews.type_name('decimal') }}) as adr,
    cast({{ mews.ratio('room_revenue_net', 'rooms_available') }} as {{ mews.type_name('decimal') }}) as revpar,
    cast({{ mews.ratio('total_revenue_net', 'rooms_available') }} as {{ mews.type_name('decimal') }}) as trevpar
{%- endmacro %}
